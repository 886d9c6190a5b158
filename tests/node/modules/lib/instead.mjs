export default 1;
export { five as "module.exports" };
const five = 5;
