/** "9", "9:30", "9.30", "8:30 pm", "noon" as "09:30"; undefined for what is no time of day. */
export function readAt(time: string): string | undefined {
  const named = { noon: '12:00', midnight: '00:00' }[time.trim().toLowerCase()]
  if (named !== undefined) return named
  const [, hours = '', minutes = '00', half] =
    /^(\d{1,2})(?:[:.](\d{2}))? ?([ap])?\.?(?:m\.?)?$/i.exec(time.trim()) ?? []
  const hour = hours === '' ? undefined : hourOf(Number(hours), half)
  if (hour === undefined || Number(minutes) > 59) return undefined
  return `${String(hour).padStart(2, '0')}:${minutes}`
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour < 24 ? hour : undefined
  if (hour < 1 || hour > 12) return undefined
  return (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
}
