/** All filters and tests, by name. */
import { DATA_FILTERS } from "./DataFilters.ts"
import { LIST_FILTERS } from "./ListFilters.ts"
import { type Filter, TEXT_FILTERS } from "./TextFilters.ts"

export const FILTERS: ReadonlyMap<string, Filter> = new Map([...TEXT_FILTERS, ...LIST_FILTERS, ...DATA_FILTERS])

export { TESTS } from "./ListFilters.ts"
