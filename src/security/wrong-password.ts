/** The password does not open a store, or the key in it. It carries no text, so that it cannot carry the password. */
export class WrongPassword extends Error {
  override readonly name = 'WrongPassword'
}
