// Types of hankod.js. The shapes of manifests and views are those of the daemon's `/openapi.json`.

export type Status =
  | "ready"
  | "not_running"
  | "permission_prompt"
  | "denied"
  | "unsupported"
  | "too_old"
  | "not_paired"
  | "no_card";

export interface Words {
  ja: string;
  en: string;
}

export const MESSAGES: Readonly<Record<Status, Words>>;

export class HankodError extends Error {
  /** A status, a code of docs/errors.md, or `unreachable`. */
  readonly code: string;
  /** How the signing stood, where one failed: what was signed before is fetched with `results`. */
  readonly view?: SigningView;
  constructor(code: string, message: string, view?: SigningView);
}

export type CertificateSelector = { sha256: string } | { token: string };

export interface SigningChoice {
  certificate?: CertificateSelector | null;
  level?: "b-b" | "b-t" | "b-lt" | "b-lta";
  algorithm?: "auto" | "rsa-pkcs1" | "rsa-pss";
  certify?: "no-changes" | "form" | "annotations" | null;
  reason?: string | null;
  location?: string | null;
  augment_later?: boolean;
  /** Leaves room in a B-B signature for a timestamp of the site's own. */
  timestamp_room?: boolean;
  revocation?: "immediate" | "after_grace";
  [more: string]: unknown;
}

export interface Appearance {
  seal: { name: string } | { image: Record<string, never> };
  /** From 1. */
  page: number;
  /** Left, bottom, width, height in points from the page's lower left corner. */
  rect: [number, number, number, number];
  date?: boolean;
}

/** What the site's own server is asked to sign, where the administrator demands that: docs/browsers.md has the text. */
export interface ServerRequest {
  target: "POST /v1/signings" | "POST /confirm";
  origin: string;
  /** The manifest, exactly as it will be sent. */
  manifest: string;
  returnUrl?: string;
}

export interface ServerSays {
  /** 16 to 128 letters, digits, `-` or `_`; never used twice. */
  nonce: string;
  /** RFC 3339. */
  time: string;
  /** Base64. */
  signature: string;
}

/** Asks the site's own server, which knows its documents itself and takes no digest from the page. */
export type Authorise = (request: ServerRequest) => Promise<ServerSays>;

export interface DigestDocument {
  name: string;
  digest: {
    algorithm: "sha-256" | "sha-384" | "sha-512";
    /** Hexadecimal. */
    value: string;
    format?: "cades" | "pades";
  };
}

export interface SignOptions {
  sign?: SigningChoice;
  /** By file, in order: an existing empty field, a visible seal. */
  documents?: ReadonlyArray<{ field?: string | null; appearance?: Appearance | null; fields?: Record<string, string> }>;
  /** The PNG of an image seal. */
  seal?: Blob;
  start?: "at_once" | "after_confirmation";
  /** Where the signed files are posted when the page must be left; an address of this very origin. */
  returnUrl?: string;
  /** Cancels. */
  signal?: AbortSignal;
  authorise?: Authorise;
  /** Leaves for hankod's page in any case: for browsers that refuse without saying so. */
  byForm?: boolean;
}

export interface Progress {
  state: "awaiting_confirmation" | "queued" | "awaiting_pin" | "signing" | "done" | "failed" | "cancelled";
  /** The number that the PIN prompt shows. */
  check: string;
  /** hankod's page with every document. */
  confirm: string;
  signed: number;
  of: number;
}

export interface SignedDocument {
  n: number;
  name: string;
  bytes: number | null;
  sha256: string | null;
  signed: string | null;
  /** The digest that came in place of the document. */
  digest?: DigestDocument["digest"];
  level: "b-b" | "b-t" | "b-lt" | "b-lta" | null;
  /** For each certificate what keeps the file from the level asked for. */
  missing?: Array<{ code: string; message: string }>;
  /** The work that completes the file, where some was left. */
  later?: {
    level: "b-t" | "b-lt" | "b-lta";
    state: "waiting" | "working" | "done" | "failed" | "cancelled";
    reason: { code: string; message: string } | null;
    next_try: string | null;
  };
}

export interface SigningView {
  id: string;
  state: Progress["state"];
  check: string;
  confirm: string;
  documents: SignedDocument[];
  error: { code: string; message: string } | null;
}

export interface Token {
  id: string;
  reader: string;
  present: boolean;
  label: string;
  pin: "normal" | "low" | "final" | "locked";
  tries_left: number | null;
  pinpad: boolean;
  problem: { code: string; message: string } | null;
  [more: string]: unknown;
}

export interface Certificate {
  select: CertificateSelector;
  token: string;
  token_label: string;
  name: string;
  organization: string | null;
  issuer: string;
  not_after: string | null;
  /** Whole days until then, where they are few enough to be warned of. */
  days_left?: number;
  usable: boolean;
  reasons: Array<{ code: string; message: string }>;
  [more: string]: unknown;
}

/** Ports of accounts 1000 to 9999 of a terminal server (systemd/port-per-user.conf): 20000 and the account's number. */
export function portsOfAccounts(first: number, last: number): number[];

export class Hankod {
  constructor(options?: { ports?: readonly number[]; storage?: Pick<Storage, "getItem" | "setItem">; lang?: string });
  status(options?: { ask?: boolean }): Promise<{ status: Status; paired: boolean; message: Words }>;
  pair(onCode?: (code: string) => void, options?: { byForm?: boolean }): Promise<{ left: boolean }>;
  tokens(): Promise<Token[]>;
  certificates(usage?: "signing" | "all"): Promise<Certificate[]>;
  sign(
    files: Iterable<File>,
    options?: SignOptions,
    onProgress?: (progress: Progress) => void,
  ): Promise<{ left: true } | { left: false; files: File[] }>;
  signDigests(
    documents: Iterable<DigestDocument>,
    options?: Pick<SignOptions, "sign" | "start" | "signal" | "authorise">,
    onProgress?: (progress: Progress) => void,
  ): Promise<{ left: false; files: File[] }>;
  results(view: SigningView): Promise<File[]>;
}
