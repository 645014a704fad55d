/** One element of a bulk request, as Jolokia takes it (management 1.2). */
export type BeanRequest =
  | { readonly type: 'read'; readonly mbean: string; readonly attribute?: string | readonly string[] }
  | { readonly type: 'write'; readonly mbean: string; readonly attribute: string; readonly value: unknown }
  | {
      readonly type: 'exec'
      readonly mbean: string
      readonly operation: string
      readonly arguments?: readonly unknown[]
    }
  | { readonly type: 'search'; readonly mbean: string }

/** What came back for one element: its value, or its error as the node wrote it. Timestamps in s since 1970. */
export type BeanAnswer =
  | { readonly ok: true; readonly value: unknown; readonly timestamp: number }
  | { readonly ok: false; readonly status: number; readonly type: string; readonly message: string }
