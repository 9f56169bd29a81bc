/** The plural of a type's name, as Kuma forms it: `Mesh`, `Meshes`. */
export function pluralOf(name: string): string {
  if (/(?:s|sh)$/i.test(name)) return `${name}es`;
  return name.endsWith("y") ? `${name.slice(0, -1)}ies` : `${name}s`;
}
