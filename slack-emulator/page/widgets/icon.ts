import { html } from 'htm/preact'

/** Line drawings on a 20 × 20 field, which need no symbol fonts. */
const PATHS = {
  close: 'M5 5l10 10M15 5L5 15',
  menu: 'M3 5h14M3 10h14M3 15h14',
  down: 'M5 8l5 5 5-5',
  right: 'M8 5l5 5-5 5',
  more: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  clip: 'M15.5 9.5l-5.6 5.6a3.5 3.5 0 0 1-5-5l6.3-6.3a2.3 2.3 0 0 1 3.3 3.3l-6.2 6.2a1.2 1.2 0 0 1-1.7-1.7l5.4-5.4',
  send: 'M3.5 16.5l14-6.5-14-6.5 2 6.5zM5.5 10h6',
  reply: 'M3.5 4.5h13v9h-7l-3.5 3v-3h-2.5z',
  out: 'M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7',
  swap: 'M3 7h13M13 4l3 3-3 3M17 13H4M7 10l-3 3 3 3',
  system: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
  light:
    'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6L16 16M4 16l1.4-1.4M14.6 5.4L16 4',
  dark: 'M16 12a7 7 0 0 1-8.5-8.5A7 7 0 1 0 16 12z',
  eye: 'M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  zap: 'M11 2L4 11h5l-1 7 7-9h-5z',
  check: 'M4 10.5l4 4 8-9',
  play: 'M7 4l9 6-9 6z',
  trash: 'M4 6h12M8 6V4h4v2M5.5 6l1 10.5h7l1-10.5',
  edit: 'M4 16l1-4 8-8 3 3-8 8z',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  refresh: 'M16 10a6 6 0 1 1-2-4.5L16 7M16 3v4h-4',
  link: 'M8 12l4-4M9 6l2-2a3.5 3.5 0 0 1 5 5l-2 2M11 14l-2 2a3.5 3.5 0 0 1-5-5l2-2',
  to: 'M3 10h14M12 5l5 5-5 5',
  from: 'M17 10H3M8 5l-5 5 5 5',
  smile: 'M10 2.500a7.500 7.500 0 1 0 0 15 7.500 7.500 0 0 0 0-15zM7.500 8h.01M12.500 8h.01M6.500 12a4 4 0 0 0 7 0',
  steps: 'M3 4h6v5H3zM11 11h6v5h-6zM6 9v4h5',
  good: 'M6 9l3-6c2 0 2 2 1.500 5h5.500l-1.500 8H6zM3 9h3v7H3z',
  bad: 'M14 11l-3 6c-2 0-2-2-1.500-5H4l1.500-8H14zM17 11h-3V4h3z',
}

export type IconName = keyof typeof PATHS

export const isIcon = (name: string): name is IconName => name in PATHS

export function Icon({ name }: { name: IconName }) {
  const thick = name === 'more' ? 3 : 1.7
  return html`<svg class="icon" viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" stroke-width=${thick} stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`
}
