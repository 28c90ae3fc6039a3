import { useEffect, useState } from 'preact/hooks'

type Theme = 'system' | 'light' | 'dark'
const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }

const kept = (): Theme => {
  const value = localStorage.getItem('theme')
  return value === 'light' || value === 'dark' ? value : 'system'
}

/** Light, dark, or as the system has it; kept in this browser. */
export function useTheme(): [Theme, () => void] {
  const [theme, setTheme] = useState(kept)
  useEffect(() => {
    localStorage.setItem('theme', theme)
    document.documentElement.dataset.theme = theme
  }, [theme])
  return [theme, () => setTheme(NEXT[theme])]
}
