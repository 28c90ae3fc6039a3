/**
 * What a card says of its server's sign-in. Texts may hold `{name}`, as in targets. What is left out is found out from
 * the server itself.
 */
export type AuthConfig = {
  /** `oauth`: a person signs in with a browser. `client_credentials`: the connection has credentials of its own. */
  kind: 'oauth' | 'client_credentials'
  /** The only issuer whose sign-in is taken. */
  issuer?: string | undefined
  scopes?: string[] | undefined
  /** The only kind of client registration to use. */
  client?: 'registered' | 'cimd' | 'dcr' | undefined
  /** Its authorization server accepts ID-JAGs, even if its metadata does not say so. */
  managed?: boolean | undefined
  /**
   * Clients registered beforehand: by the operator for all, or typed in. `secret` may be a private key in PEM form.
   * `issuer`: the only one it is shown to.
   */
  registered: { id: string; secret: string | undefined; issuer?: string | undefined }[]
  /** Where the server's own description cannot be relied on. */
  endpoints?: AuthEndpoints | undefined
  /** Requests name no resource (RFC 8707), because the server rejects one. Only with `endpoints`. */
  resource?: 'none' | undefined
  /** What to do where only a registered client is let in; ends the sentence that begins with the redirect address. */
  howToRegister: string
  /** The input that takes a key in place of a sign-in, and what its field is called. */
  key?: { input: string; label: string } | undefined
}

export type AuthEndpoints = {
  authorization: string
  token: string
  revocation?: string | undefined
  /** How a client's secret is sent there; left out: by HTTP Basic. */
  clientAuth?: 'client_secret_post' | undefined
}

/** How we present ourselves to authorization servers. */
export type ClientIdentity = {
  redirectUrl: string
  /** Where our client id metadata document is; undefined where nobody outside could fetch it. */
  documentUrl: string | undefined
}
