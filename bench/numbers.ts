/** The value below which `share` of the sorted values lie. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const median = (values: number[]): number => percentile(values, 0.5)
export const ms = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`
export const megabytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MB`
