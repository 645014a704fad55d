/** What a selector may cost. Beyond a parsing limit a selector is refused; beyond an evaluation limit it does not match. */
export const SELECTOR_LIMITS = {
  /** Characters of a selector. */
  text: 65_536,
  /** Operators and parentheses inside one another. AND, OR and IN lists are flat and do not count. */
  depth: 200,
  /** Characters of a regular expression of REGEX, SPLIT, REPLACE. */
  pattern: 1000,
  /** States of a regular expression once its counted repetitions are written out. */
  states: 2000,
  /**
   * What one evaluation may cost beyond plain comparisons: states of regular expressions and nodes of XPath visited,
   * characters tried by LIKE with a `_` after a `%`, every sixteenth byte of a body that is parsed.
   */
  steps: 1_000_000,
  /** Characters of a text that a selector builds (`+`, REPLACE), and of a text it searches with a regular expression. */
  builtText: 262_144,
  /** Bytes of a body that XPATH reads. */
  body: 4_194_304,
} as const
