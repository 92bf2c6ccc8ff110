/** A public key that may log in. Every key may do everything: rights per app come later. */
export interface Key {
  readonly name: string;
  /** `SHA256:` and 43 characters of unpadded base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Type and base64 blob, without options or comment. */
  readonly publicKey: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
}
