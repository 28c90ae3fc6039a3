/** Texts of this window, until it is closed. */
export const keptText = (key: string): string => sessionStorage.getItem(key) ?? ''

export function keepText(key: string, text: string): void {
  if (text === '') sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, text)
}
