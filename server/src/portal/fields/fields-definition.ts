/** What a field belongs to. `Cinstance` is an application, by the name that programs know. */
export type FieldTarget = "Account" | "User" | "Cinstance";

/** A field that the provider keeps of its accounts, users or applications. */
export interface FieldsDefinition {
  readonly id: number;
  readonly target: FieldTarget;
  readonly name: string;
  readonly label: string;
  readonly required: boolean;
  readonly hidden: boolean;
  readonly readOnly: boolean;
  readonly choices: readonly string[];
  readonly position: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
