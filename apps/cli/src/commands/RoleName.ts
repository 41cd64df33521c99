/** The names of the Roles, and of their RoleBindings, that the CLI prints. Pure. */
export const ROLE_NAME = "podwright"
export const OPERATOR_ROLE_NAME = "podwright-operator"
