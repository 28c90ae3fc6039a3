import type { NetworkDestination } from './relay.ts'

/** What is started, and all that it may see and reach. */
export type SandboxRequest = {
  command: string
  args: string[]
  env: Record<string, string>
  /** The only folder it may write to, beside a /tmp of its own. */
  home: string
  /** What it writes there is there the next time; else it is in memory, and gone when the server ends. */
  keeps: boolean
  /** Files and folders of its own code; they stay read-only. */
  readable: string[]
  /** Reached over HTTPS, through a proxy of ours; `*.example.com` means each below it. */
  hosts: string[]
  /** Reached over plain TCP. */
  tcp: NetworkDestination[]
  memoryMb: number
  /** For all that is in its folder. */
  diskMb: number
}

export type SandboxedCommand = Pick<SandboxRequest, 'command' | 'args' | 'env'> &
  AsyncDisposable & {
    /** Ends what its process group may not hold. */
    endAll?(): void
  }

/**
 * A second fence behind the memory that is watched; time on the processor is left out, as it counts over a server's whole life.
 * See prlimit(1), getrlimit(2).
 */
export const limitArgsFor = ({ memoryMb, diskMb }: Pick<SandboxRequest, 'memoryMb' | 'diskMb'>): string[] => [
  '/usr/bin/prlimit',
  `--data=${memoryMb * 4 * 1024 * 1024}`,
  ...['--nproc=256', '--nofile=1024', `--fsize=${diskMb * 1024 * 1024}`, '--core=0', '--'],
]
