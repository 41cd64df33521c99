/** The part of jks-js that is used; it has no types of its own. */
declare module "jks-js" {
  interface JksEntry {
    /** Of a key entry: its chain, the key's own certificate first. */
    readonly cert?: string
    readonly key?: string
    /** Of a trusted entry. */
    readonly ca?: string
  }
  const jks: {
    /** By alias, in PEM. Throws when the passphrase is wrong. */
    readonly toPem: (keystore: Buffer, passphrase: string) => Readonly<Record<string, JksEntry>>
  }
  export default jks
}
