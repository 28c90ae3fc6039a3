/** What of a project's other services is asked: as Auth and Storage answer it by their documentation, from memory. */
export function createServices(key: string) {
  const files = new Map<string, { body: Buffer; type: string }>()
  const users = [
    {
      id: '6f0f8f3e-1111-4222-8333-444455556666',
      email: 'ada@example.org',
      phone: '',
      aud: 'authenticated',
      created_at: '2026-01-03T10:00:00Z',
      email_confirmed_at: '2026-01-03T10:05:00Z',
      app_metadata: { provider: 'email' },
      user_metadata: { plan: 'pro' },
    },
    {
      id: '6f0f8f3e-1111-4222-8333-444455556667',
      email: '',
      phone: '4912345',
      aud: 'authenticated',
      created_at: '2026-02-03T10:00:00Z',
      app_metadata: { provider: 'phone' },
      user_metadata: {},
    },
  ]
  const authAnswer = (path: string) => {
    if (path === '/admin/users') return Response.json({ users, aud: 'authenticated' })
    const user = users.find(({ id }) => path === `/admin/users/${id}`)
    return user
      ? Response.json(user)
      : Response.json({ code: 404, error_code: 'user_not_found', msg: 'User not found' }, { status: 404 })
  }
  const list = (bucket: string, { prefix }: { prefix: string }) => {
    const folder = `${bucket}/${prefix === '' ? '' : `${prefix}/`}`
    const inside = [...files].flatMap(([path, file]) =>
      path.startsWith(folder) ? [[path.slice(folder.length), file] as const] : [],
    )
    return inside.map(([path, { body, type }]) =>
      path.includes('/')
        ? { name: path.split('/')[0], id: null, updated_at: null, metadata: null }
        : { name: path, id: path, updated_at: '2026-03-01T00:00:00Z', metadata: { size: body.length, mimetype: type } },
    )
  }
  const failure = (statusCode: string, message: string) =>
    Response.json({ statusCode, error: message, message }, { status: 400 })
  const upload = (path: string, body: Buffer, type: string) => {
    if (files.has(path)) return failure('409', 'The resource already exists')
    files.set(path, { body, type })
    return Response.json({ Id: '1', Key: path })
  }
  const storageAnswer = (method: string, path: string, { body, type }: { body: Buffer; type: string }) => {
    if (path === '/bucket')
      return Response.json([{ id: 'reports', name: 'reports', public: false, created_at: '2026-01-01T00:00:00Z' }])
    const bucket = /^\/object\/list\/(.+)$/.exec(path)?.[1]
    if (bucket !== undefined) return Response.json(list(bucket, JSON.parse(body.toString())))
    const at = decodeURIComponent(path.replace('/object/', ''))
    if (method === 'POST') return upload(at, body, type)
    const file = files.get(at)
    return file
      ? new Response(Uint8Array.from(file.body), { headers: { 'content-type': file.type } })
      : failure('404', 'Object not found')
  }
  /** Undefined for what is not theirs. */
  return (request: { method: string; url: string; key: string; type: string; body: Buffer }): Response | undefined => {
    const [, service, path = ''] = /^\/(auth|storage)\/v1([^?]*)/.exec(request.url) ?? []
    if (service === undefined) return undefined
    if (request.key !== key) return Response.json({ msg: 'Invalid API key' }, { status: 401 })
    return service === 'auth' ? authAnswer(path) : storageAnswer(request.method, path, request)
  }
}
