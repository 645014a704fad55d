import type { Attribute, BeanClass, Operation, Parameter } from './bean.ts'

/** The Java types that attributes and operations name, as `list` prints them. */
export const Type = {
  string: 'java.lang.String',
  boolean: 'boolean',
  byte: 'byte',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  longObject: 'java.lang.Long',
  void: 'void',
  map: 'java.util.Map',
  list: 'java.util.List',
  name: 'javax.management.ObjectName',
  names: '[Ljavax.management.ObjectName;',
  composite: 'javax.management.openmbean.CompositeData',
  composites: '[Ljavax.management.openmbean.CompositeData;',
  table: 'javax.management.openmbean.TabularData',
} as const

/** One row of a table of attributes: `write` makes it writable. */
export type AttributeRow<T> = readonly [
  name: string,
  type: string,
  description: string,
  read: (target: T) => unknown,
  write?: (target: T, value: never) => void,
]

/** One row of a table of operations; `parameters` are `name:type` in one text, with commas between them. */
export interface OperationRow<T> {
  readonly name: string
  readonly takes?: string
  readonly returns?: string
  readonly does: string
  readonly reads?: true
  readonly onPassive?: true
  readonly call: Operation<T>['call']
}

export interface ClassTable<T> {
  readonly className: string
  readonly description: string
  readonly attributes: readonly AttributeRow<T>[]
  readonly operations?: readonly OperationRow<T>[]
}

/** A bean class out of its tables. */
export function beanClass<T>({ className, description, attributes, operations = [] }: ClassTable<T>): BeanClass<T> {
  return {
    className,
    description,
    attributes: new Map(attributes.map(row => [row[0], attributeOf(row)])),
    operations: operations.map(operationOf),
  }
}

function attributeOf<T>([name, type, description, read, write]: AttributeRow<T>): Attribute<T> {
  const shown = { name, type, description, read }
  // The value is of `type` already (bean.ts), and that is what the row's function takes.
  return write === undefined ? shown : { ...shown, write: (target, value) => write(target, value as never) }
}

function operationOf<T>(row: OperationRow<T>): Operation<T> {
  const { name, takes = '', returns = Type.void, does, call } = row
  const parameters = takes === '' ? [] : takes.split(/,\s*/).map(parameterOf)
  return {
    name,
    description: does,
    parameters,
    returns,
    call,
    ...(row.reads === true && { reads: true }),
    ...(row.onPassive === true && { onPassive: true }),
  }
}

function parameterOf(text: string): Parameter {
  const [name = '', type = Type.string] = text.split(':')
  return { name, type, description: name }
}
