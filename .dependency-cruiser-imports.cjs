// Babel reduces every TypeScript file to its imports, types included: dependency-cruiser 17 reads TypeScript by the API
// of TypeScript 6 at most, and TypeScript 7 has none. (Version 18 needs Node 22.)
const onlyImports = ({ types: t }) => ({
  visitor: {
    Program: {
      enter(program) {
        const modules = new Set()
        const add = (name) => void (name && modules.add(name))
        program.traverse({
          'ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration': ({ node }) => add(node.source?.value),
          ImportExpression: ({ node }) => add(node.source.value),
          CallExpression: ({ node }) => add(t.isImport(node.callee) && node.arguments[0]?.value),
          TSImportType: ({ node }) => add((node.argument.literal ?? node.argument).value),
        })
        program.node.body = [...modules].map((name) => t.importDeclaration([], t.stringLiteral(name)))
        program.skip()
      },
    },
  },
})

module.exports = {
  babelrc: false,
  configFile: false,
  parserOpts: { plugins: ['typescript', 'jsx'] },
  plugins: [onlyImports],
}
