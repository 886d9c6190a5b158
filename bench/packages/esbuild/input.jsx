const items = ["a", "b"].map((name) => <li key={name}>{name.toUpperCase()}</li>);
export default function List({ title, ...rest }) {
  return <><h1 {...rest}>{title ?? "ünïcode"}</h1><ul>{items}</ul></>;
}
