/**
 * SHA-256 of texts, by `@noble/hashes`: a pure function can neither wait for WebCrypto nor import
 * Node's. Pod specs are some kilobytes; files are hashed elsewhere.
 */
import { sha256 as digest } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"

/** The digest of a text's UTF-8 bytes: 32 bytes. */
export const sha256 = (text: string): Uint8Array => digest(new TextEncoder().encode(text))

/** The digest as 64 lower-case hex digits. */
export const sha256Hex = (text: string): string => bytesToHex(sha256(text))
