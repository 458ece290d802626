export interface ProgramBuilder { readonly todo: never }
