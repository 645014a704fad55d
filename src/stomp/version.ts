import { trimControl } from './text.ts'

/** STOMP versions, in order; numbers, because the parser compares them per line. */
export const Version = { v10: 0, v11: 1, v12: 2 } as const
export type Version = (typeof Version)[keyof typeof Version]

const TEXTS = ['1.0', '1.1', '1.2'] as const

/** The version as it stands in a `version` header. */
export const versionText = (version: Version): string => TEXTS[version]

/**
 * The highest version both sides speak, or null when there is none (S-CON-02).
 * Elements of the list are compared as they are: ` 1.2` with a leading space is not 1.2.
 */
export function negotiateVersion(acceptVersion: string | undefined): Version | null {
  if (acceptVersion === undefined) return Version.v10
  const offered = trimControl(acceptVersion).split(',')
  if (offered.includes('1.2')) return Version.v12
  if (offered.includes('1.1')) return Version.v11
  return offered.includes('1.0') ? Version.v10 : null
}

/** The fatal text when `negotiateVersion` answers null (S-CON-03). */
export const invalidVersion = (acceptVersion: string): string =>
  `Invalid Protocol version[${acceptVersion}], supported versions are: [1.2, 1.1, 1.0]`
