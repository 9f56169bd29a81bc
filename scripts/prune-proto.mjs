/**
 * Descriptors without what no code names. Envoy's messages lead to each other until nearly all are reachable, and every
 * process reads the descriptors of all that it imports before it does anything else: most of an agent's start.
 *
 * A message stays if code imports its schema, or if a field that stays is of its type; a field stays if its name is a
 * word of the code. The types of `src/gen` are made from the same descriptors, so code that names more does not compile
 * until `npm run generate` has run again.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** Every word of the code below these folders, what is generated excepted. */
export function wordsOf(folders) {
  const words = new Set();
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(file.parentPath, file.name);
      if (!file.isFile() || !file.name.endsWith(".ts") || path.includes("/src/gen/")) continue;
      for (const [word] of readFileSync(path, "utf8").matchAll(/[A-Za-z_]\w*/g)) words.add(word);
    }
  }
  return words;
}

/** The files, in their order, cut in place; those of which nothing is left are left out. */
export function prune(files, words) {
  const kept = namesInUse(files, words);
  for (const file of files) {
    file.messageType = pruned(file.messageType, `.${file.package}`, kept);
    file.enumType = file.enumType.filter(({ name }) => kept.has(`.${file.package}.${name}`));
    file.service = [];
  }
  const empty = new Set(files.filter((f) => f.messageType.length + f.enumType.length === 0).map(({ name }) => name));
  const rest = files.filter(({ name }) => !empty.has(name));
  for (const file of rest) dropImports(file, rest);
  return rest;
}

/** Full names of the messages and enumerations that stay, and of fields as `message#field`. */
function namesInUse(files, words) {
  const messages = new Map();
  const kept = new Set();
  const visit = (message, scope) => {
    const name = `${scope}.${message.name}`;
    messages.set(name, message);
    for (const one of message.nestedType) visit(one, name);
    for (const one of message.enumType) if (words.has(codeName(`${name}.${one.name}`))) kept.add(`${name}.${one.name}`);
  };
  for (const file of files) {
    for (const message of file.messageType) visit(message, `.${file.package}`);
    for (const one of file.enumType) if (words.has(one.name)) kept.add(`.${file.package}.${one.name}`);
  }
  const keep = (name) => {
    const message = messages.get(name);
    if (kept.has(name)) return;
    kept.add(name);
    for (const field of message?.field ?? []) {
      const isNamed = words.has(protoCamelCase(field.name)) || words.has(field.name);
      if (!isNamed && message.options?.mapEntry !== true) continue;
      kept.add(`${name}#${field.name}`);
      if (field.typeName !== "") keep(field.typeName);
    }
  };
  for (const name of messages.keys()) if (words.has(`${codeName(name)}Schema`)) keep(name);
  return kept;
}

/** As generated code calls it: `.a.b.v3.Outer.Inner` is `Outer_Inner`. */
const codeName = (name) =>
  name
    .split(".")
    .filter((part) => /^[A-Z]/.test(part))
    .join("_");

/** A message also stays for the sake of one inside. */
function pruned(messages, scope, kept) {
  return messages.filter((message) => {
    const name = `${scope}.${message.name}`;
    message.nestedType = pruned(message.nestedType, name, kept);
    message.enumType = message.enumType.filter((one) => kept.has(`${name}.${one.name}`));
    message.field = message.field.filter((field) => kept.has(`${name}#${field.name}`));
    message.reservedRange = [];
    message.reservedName = [];
    const isOneof = (field) => Object.hasOwn(field, "oneofIndex");
    const used = new Set(message.field.filter(isOneof).map(({ oneofIndex }) => oneofIndex));
    const places = [...message.oneofDecl.keys()].filter((i) => used.has(i));
    message.oneofDecl = places.map((i) => message.oneofDecl[i]);
    for (const field of message.field) if (isOneof(field)) field.oneofIndex = places.indexOf(field.oneofIndex);
    return kept.has(name) || message.nestedType.length + message.enumType.length > 0;
  });
}

/** Those that define none of the types that are left in it. */
function dropImports(file, files) {
  const used = new Set();
  const visit = (message) => {
    for (const { typeName } of message.field) used.add(typeName);
    message.nestedType.forEach(visit);
  };
  file.messageType.forEach(visit);
  const defines = (one, name) => name.startsWith(`.${one.package}.`) && definedIn(one).has(name);
  file.dependency = file.dependency.filter((path) => {
    const imported = files.find(({ name }) => name === path);
    return imported !== undefined && [...used].some((name) => defines(imported, name));
  });
  file.publicDependency = [];
}

const definitions = new WeakMap();

function definedIn(file) {
  const known = definitions.get(file);
  if (known !== undefined) return known;
  const names = new Set();
  const visit = (message, scope) => {
    const name = `${scope}.${message.name}`;
    names.add(name);
    for (const one of message.enumType) names.add(`${name}.${one.name}`);
    for (const one of message.nestedType) visit(one, name);
  };
  for (const message of file.messageType) visit(message, `.${file.package}`);
  for (const one of file.enumType) names.add(`.${file.package}.${one.name}`);
  definitions.set(file, names);
  return names;
}

/** What the descriptors take, in bytes. */
export const sizeOf = (files) => files.reduce((sum, file) => sum + toBinary(FileDescriptorProtoSchema, file).length, 0);
