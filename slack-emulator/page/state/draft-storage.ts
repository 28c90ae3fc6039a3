/** Drafts are kept in this window's session storage. */
export const readDraft = (key: string): string => sessionStorage.getItem(key) ?? ''

export function saveDraft(key: string, text: string): void {
  if (text === '') sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, text)
}
