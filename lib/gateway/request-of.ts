/** Requests by kind. The codec's types have one record for several kinds; here each kind is a member of its own. */
import type { ClientRequest } from './jute/requests.js'

type Each<Record, Kind> = Record extends { readonly kind: infer Own }
  ? Own & Kind extends infer One
    ? One extends Own & Kind
      ? Record & { readonly kind: One }
      : never
    : never
  : never

/** The requests of these kinds. */
export type RequestOf<Kind extends ClientRequest['kind']> = Each<ClientRequest, Kind>

/** Any request: the same values as the codec's `ClientRequest`. */
export type OneRequest = RequestOf<ClientRequest['kind']>
