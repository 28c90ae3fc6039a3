/** How far each person has read each channel and thread, kept in this browser. */
const keyOf = (who: string, where: string): string => `read:${who}:${where}`

export const readMark = (who: string, where: string): string => localStorage.getItem(keyOf(who, where)) ?? '0'

export function markRead(who: string, where: string, ts: string): void {
  if (ts > readMark(who, where)) localStorage.setItem(keyOf(who, where), ts)
}
