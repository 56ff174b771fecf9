// Finds, in one source file, every expression that takes time or chance from the runtime.
import ts from 'typescript';
import { GLOBALS, HOLDERS, MEMBERS, MODULES, NAMED_ONLY, UNKNOWN } from './names.mjs';

const bare = (specifier) => specifier.replace(/^node:/, '');

/** Comes from the runtime's own type declarations, not from code of ours. */
const isAmbient = (symbol) =>
  (symbol.declarations ?? []).some((d) =>
    /\/node_modules\/(typescript|@typescript\/[^/]+|@types\/node|undici-types)\//.test(
      d.getSourceFile().fileName,
    ),
  ) || symbol.escapedName === 'globalThis';

/** A name that is only spoken of: a type, a key, a declaration. */
function isMention(node) {
  const { parent } = node;
  if (ts.isPartOfTypeNode(node) || ts.isTypeQueryNode(parent) || ts.isJSDoc(parent)) return true;
  if (ts.isQualifiedName(parent) || ts.isImportSpecifier(parent) || ts.isImportClause(parent)) return true;
  if (ts.isNamespaceImport(parent) || ts.isLabeledStatement(parent) || ts.isMetaProperty(parent)) return true;
  if (ts.isShorthandPropertyAssignment(parent)) return false;
  return (ts.isDeclaration(parent) || ts.isBindingElement(parent)) && parent.name === node;
}

export function findWays(file, checker) {
  const found = [];
  const report = (node, what) => {
    const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
    if (!found.some((way) => way.line === line && way.what === what)) found.push({ line, what });
  };

  const symbolOf = (node) => {
    const symbol = ts.isShorthandPropertyAssignment(node.parent)
      ? checker.getShorthandAssignmentValueSymbol(node.parent)
      : checker.getSymbolAtLocation(node);
    return symbol && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  };

  /** What `object[key]` is called; undefined for a symbol, null when it cannot be told. */
  const keyName = (key) => {
    const type = checker.getTypeAtLocation(key);
    if (type.isStringLiteral()) return type.value;
    return type.flags & ts.TypeFlags.ESSymbolLike ? undefined : null;
  };

  const reportMember = (node, holder, name) => {
    if (name === null) report(node, `a computed member of ${holder}`);
    else if (GLOBALS.has(name) && (HOLDERS[holder] ?? []).includes('*')) report(node, `${holder}.${name}`);
    else if (HOLDERS[holder]?.includes(name)) report(node, `${holder}.${name}`);
  };

  const reportPattern = (pattern, holder) => {
    const parts = ts.isObjectBindingPattern(pattern) ? pattern.elements : pattern.properties;
    for (const part of parts) {
      if (part.dotDotDotToken || ts.isSpreadAssignment(part)) report(part, `the rest of ${holder}`);
      const key = part.propertyName ?? part.name;
      if (key === undefined) continue;
      reportMember(part, holder, ts.isComputedPropertyName(key) ? keyName(key.expression) : key.text);
    }
  };

  /** An object that carries clocks or chance may be used only in ways that show which member is meant. */
  const checkHolder = (node, holder) => {
    let outer = node;
    while (ts.isParenthesizedExpression(outer.parent) || ts.isNonNullExpression(outer.parent))
      outer = outer.parent;
    const { parent } = outer;
    if (ts.isPropertyAccessExpression(parent) && parent.expression === outer) {
      reportMember(parent, holder, parent.name.text);
    } else if (ts.isElementAccessExpression(parent) && parent.expression === outer) {
      reportMember(parent, holder, keyName(parent.argumentExpression));
    } else if (
      ts.isVariableDeclaration(parent) &&
      parent.initializer === outer &&
      ts.isObjectBindingPattern(parent.name)
    ) {
      reportPattern(parent.name, holder);
    } else if (
      ts.isBinaryExpression(parent) &&
      parent.right === outer &&
      ts.isObjectLiteralExpression(parent.left)
    ) {
      reportPattern(parent.left, holder);
    } else if (ts.isAsExpression(parent) || ts.isTypeAssertionExpression(parent)) {
      // Seen through a narrow type it is only as dangerous as what that type names.
      const type = checker.getTypeAtLocation(parent.type);
      const wide = type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.NonPrimitive);
      if (wide || type.getStringIndexType() || type === checker.getTypeAtLocation(node))
        report(parent, `${holder} as ${parent.type.getText(file)}`);
      for (const property of type.getProperties()) reportMember(parent, holder, property.name);
    } else if (
      !ts.isTypeOfExpression(parent) &&
      !ts.isExpressionStatement(parent) &&
      !(ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword)
    ) {
      report(node, `${holder} as a value`);
    }
  };

  const checkName = (node) => {
    if (isMention(node)) return;
    const name = node.text;
    const isKey = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    const symbol = symbolOf(node);
    if (!symbol || symbol.escapedName === 'unknown') {
      // Nothing declares it for us; at run time it may well be there.
      if (!isKey && (GLOBALS.has(name) || name in HOLDERS || UNKNOWN.has(name))) report(node, name);
      return;
    }
    if (!isAmbient(symbol)) return;
    const owner = symbol.parent?.escapedName;
    const real = String(symbol.escapedName);
    if (MEMBERS[owner]?.includes(real)) return report(node, `${owner}.${real}`);
    const isGlobal = owner === undefined || /^(global|globalThis|__global)$/.test(owner);
    if (!isGlobal && !owner?.startsWith('"')) return;
    if (GLOBALS.has(real)) report(node, real);
    else if (real in HOLDERS) checkHolder(isKey ? node.parent : node, real);
  };

  const checkModule = (node, specifier, named) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier))
      return report(node, 'a module whose name is computed');
    const name = bare(specifier.text);
    if (MODULES.has(name)) return report(node, specifier.text);
    const refused = NAMED_ONLY[name];
    if (!refused) return;
    if (!named) return report(node, `${specifier.text}, not by name`);
    for (const element of named) {
      if (element.isTypeOnly) continue;
      const imported = (element.propertyName ?? element.name).text;
      if (refused.includes(imported)) report(element, `${imported} of ${specifier.text}`);
    }
  };

  const visit = (node) => {
    if (ts.isImportDeclaration(node)) {
      const { importClause: clause } = node;
      if (!clause?.isTypeOnly) {
        const bindings = clause?.namedBindings;
        const byName = clause && !clause.name && bindings && ts.isNamedImports(bindings);
        checkModule(node, node.moduleSpecifier, byName ? bindings.elements : undefined);
      }
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && !node.isTypeOnly) {
      const byName = node.exportClause && ts.isNamedExports(node.exportClause);
      checkModule(node, node.moduleSpecifier, byName ? node.exportClause.elements : undefined);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      checkModule(node, node.moduleReference.expression, undefined);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      checkModule(node, node.arguments[0], undefined);
    } else if (
      ts.isIdentifier(node) &&
      ts.getCombinedModifierFlags(node.parent) & ts.ModifierFlags.Ambient &&
      ts.isDeclaration(node.parent) &&
      node.parent.name === node &&
      (GLOBALS.has(node.text) || node.text in HOLDERS || UNKNOWN.has(node.text))
    ) {
      // `declare const performance: …` makes a global look like a name of our own.
      report(node, `a declaration of ${node.text}`);
    } else if (ts.isIdentifier(node)) {
      checkName(node);
    } else if (ts.isBindingElement(node) && !node.parent.parent.initializer) {
      // Of a parameter or a nested pattern: the type says what is taken out.
      const key = node.propertyName ?? node.name;
      if (ts.isIdentifier(key)) {
        const type = checker.getTypeAtLocation(node.parent);
        const symbol = type.getProperty(key.text);
        const owner = symbol?.parent?.escapedName;
        if (symbol && isAmbient(symbol) && (MEMBERS[owner]?.includes(key.text) || GLOBALS.has(key.text)))
          report(node, key.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
