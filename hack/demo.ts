// The whole way from a bucket to a collector in one command. What is still missing is said, not acted.
console.log(`The demo needs the operator, which is not finished yet. What is missing: sources/, dispatch/, worker/ and operator.ts.
What works today: \`npm test\`, and the control plane with the kinds of Spanferry in it (\`npm run tools -- prepare controlplane\`).`);
process.exitCode = 1;
