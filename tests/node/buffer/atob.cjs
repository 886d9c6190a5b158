// atob and btoa, by the standard.
for (const text of ["", "YQ==", "YQ", " Y\nQ\t=\f= ", "YWI=", "/+8=", "YQ=", "Y", "YQ===", "Y=Q=", "é", "YWJjZA"]) {
  try {
    console.log(JSON.stringify(text), JSON.stringify(atob(text)));
  } catch (error) {
    console.log(JSON.stringify(text), error.name, error.code);
  }
}
for (const value of ["", "a", "\xff\0", undefined, null, 5, "€", "😀"]) {
  try {
    console.log(btoa(value), atob(btoa(value)).length);
  } catch (error) {
    console.log(error.name, error.code);
  }
}
console.log(atob === require("buffer").atob, btoa.length, atob.name);
