/** The name of the Role and the RoleBinding that the CLI prints. Pure. */
export const ROLE_NAME = "podwright"
