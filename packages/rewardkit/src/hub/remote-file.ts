/** A file of a repository. */
export interface RemoteFile {
  /** Within the repository, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /**
   * Names the blob in the cache: SHA-256 of its bytes for a file in large-file storage, otherwise the SHA-1 that git gives
   * it. Null where only a snapshot without listing is there, which holds a copy in place of a link.
   */
  readonly etag: string | null
}
