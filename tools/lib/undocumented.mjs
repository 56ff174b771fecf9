// What a package exports without saying what it is.
import ts from 'typescript';

const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** The text of the doc comment of `symbol`, its own or that of the member it overrides or implements. */
function documentation(symbol, checker) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  if (text !== '') return text;
  // A parameter that is a field at once is described by its @param.
  const tags = (symbol.declarations ?? []).flatMap((d) =>
    ts.isParameter(d) ? ts.getJSDocParameterTags(d) : [],
  );
  return tags.map((tag) => ts.getTextOfJSDocComment(tag.comment) ?? '').join('');
}

/** The members that a user of this declaration can reach. */
function membersOf(declaration) {
  if (ts.isInterfaceDeclaration(declaration)) return declaration.members;
  if (ts.isTypeAliasDeclaration(declaration)) {
    return ts.isTypeLiteralNode(declaration.type) ? declaration.type.members : [];
  }
  if (!ts.isClassDeclaration(declaration)) return [];
  const fields = declaration.members
    .filter((member) => ts.isConstructorDeclaration(member))
    .flatMap((member) => member.parameters)
    .filter((parameter) => ts.isParameterPropertyDeclaration(parameter, parameter.parent));
  return [...declaration.members, ...fields].filter(
    (member) =>
      member.name && !ts.isPrivateIdentifier(member.name) && !isHidden(member) && !isProtocol(member.name),
  );
}

/** `[Symbol.asyncDispose]` and the like: the language says what they mean. */
const isProtocol = (name) => ts.isComputedPropertyName(name) && /^\[Symbol\.\w+\]$/.test(name.getText());

const isHidden = (member) => (ts.getCombinedModifierFlags(member) & HIDDEN) !== 0;

/** Whether a member only restates what the runtime or a library declares, for instance `Error.name`. */
function isForeign(member, checker) {
  const { parent, name } = member;
  if (!ts.isClassLike(parent) && !ts.isInterfaceDeclaration(parent)) return false;
  const bases = (parent.heritageClauses ?? []).flatMap((clause) => clause.types);
  const declared = bases
    .map((base) => checker.getPropertyOfType(checker.getTypeAtLocation(base), name.getText()))
    .flatMap((symbol) => symbol?.declarations ?? []);
  return declared.some((d) => d.getSourceFile().fileName.includes('/node_modules/'));
}

/** Looks at everything that `entry` exports and that is declared below `folder`. */
export function undocumented(program, entry, folder) {
  const checker = program.getTypeChecker();
  const missing = [];
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
  const exported = module ? checker.getExportsOfModule(module) : [];

  const demand = (symbol, name, declaration) => {
    if (documentation(symbol, checker) !== '') return;
    const file = declaration.getSourceFile();
    const line = file.getLineAndCharacterOfPosition(declaration.getStart(file)).line + 1;
    missing.push({ at: file.fileName, line, name });
  };

  for (const alias of exported) {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
    // What another package declares is documented there.
    const own = (symbol.declarations ?? []).filter((d) =>
      d.getSourceFile().fileName.startsWith(`${folder}/`),
    );
    if (own.length === 0) continue;
    demand(symbol, alias.name, own[0]);
    for (const member of own.flatMap((d) => [...membersOf(d)])) {
      const of = member.name && checker.getSymbolAtLocation(member.name);
      if (of && !isForeign(member, checker)) demand(of, `${alias.name}.${member.name.getText()}`, member);
    }
  }
  return { names: exported.length, missing };
}
