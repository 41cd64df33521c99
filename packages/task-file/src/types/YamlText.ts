/** A value as YAML whose texts with expressions stand as they were written: unescaped, in blocks. Pure. */
import type { Json } from "@podwright/spec-builder"
import { Document, Scalar, visit } from "yaml"
import { hasExpression } from "../expression/ExpressionMarks.ts"

/** An expression in quotes would have its own quotes escaped, and no longer be one. */
export const asYaml = (value: Json): string => {
  const document = new Document(value, { version: "1.2", aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value === "string" && hasExpression(node.value)) node.type = Scalar.BLOCK_LITERAL
    }
  })
  return document.toString({ lineWidth: 0 })
}
