const HEADER_BYTES = 5
/** An error and a notice: texts up to an empty one. The driver would look for that for ever, beyond what was sent. */
const [ERROR, NOTICE] = Buffer.from('EN')

/**
 * Says of each chunk of a server's words whether their frames hold what the driver takes for granted.
 * https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export function createFrameCheck(): (chunk: Buffer) => boolean {
  let frame: Frame = NEXT
  return (chunk) => {
    let rest = chunk
    while (rest.length > 0) {
      const taken = withMore(frame, rest)
      frame = taken.frame
      rest = taken.rest
      if (isBroken(frame)) return false
      if (isRead(frame)) frame = NEXT
    }
    return true
  }
}

/** `left`: how many bytes of the body are still to come. `tail`: its last two. */
type Frame = { header: Buffer; left: number; tail: number[] }
const NEXT: Frame = { header: Buffer.alloc(0), left: 0, tail: [] }

type Taken = { frame: Frame; rest: Buffer }

const withMore = (frame: Frame, bytes: Buffer): Taken =>
  frame.left === 0 ? withHeader(frame, bytes) : withBody(frame, bytes)

function withHeader(frame: Frame, bytes: Buffer): Taken {
  const more = bytes.subarray(0, HEADER_BYTES - frame.header.length)
  const header = Buffer.concat([frame.header, more])
  const left = header.length < HEADER_BYTES ? 0 : header.readUInt32BE(1) - (HEADER_BYTES - 1)
  // One byte alone is the end itself.
  return { frame: { header, left, tail: [0, left === 1 ? 0 : 1] }, rest: bytes.subarray(more.length) }
}

function withBody({ header, left, tail }: Frame, bytes: Buffer): Taken {
  const part = bytes.subarray(0, left)
  const last = [...tail, ...part.subarray(-2)].slice(-2)
  return { frame: { header, left: left - part.length, tail: last }, rest: bytes.subarray(part.length) }
}

const isRead = ({ header, left }: Frame): boolean => header.length === HEADER_BYTES && left === 0

function isBroken(frame: Frame): boolean {
  const [type] = frame.header
  const isText = type === ERROR || type === NOTICE
  return frame.left < 0 || (isRead(frame) && isText && frame.tail.some((byte) => byte !== 0))
}
