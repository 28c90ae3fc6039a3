import { useLayoutEffect, useState } from 'preact/hooks'

type Theme = 'system' | 'light' | 'dark'
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

const kept = (): Theme => {
  const value = localStorage.getItem('theme')
  return value === 'light' || value === 'dark' ? value : 'system'
}

/** The theme: light, dark, or the system's; kept in this browser. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(kept)
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])
  const turn = () => {
    const next = NEXT[theme]
    localStorage.setItem('theme', next)
    setTheme(next)
  }
  return [theme, turn]
}
