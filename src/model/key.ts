/** A public key that may log in. */
export interface Key {
  readonly name: string;
  /** `SHA256:` and 43 characters of unpadded base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Type and base64 blob, without options or comment. */
  readonly publicKey: string;
  /** Whether it may change which keys there are. Apart from that each key may do everything: rights per app come later. */
  readonly admin: boolean;
  /** Unix milliseconds. */
  readonly createdAt: number;
}
