/** Node's own `import`, which the test runner does not replace in CommonJS. */
module.exports = (url) => import(url);
