/** Why a store of results failed. It never fails a run: whoever uses the store turns it into a warning. */
import { Schema } from "effect"

/** A store of results cannot be read or written, or what it holds is damaged. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  /** What happened, and to which entry. */
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/** Any other error as one of the store, with its message. */
export const storeError = (error: { readonly message: string }): StoreError =>
  error instanceof StoreError ? error : new StoreError({ detail: error.message })
