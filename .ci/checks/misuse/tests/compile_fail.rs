//! What must not compile (`compile_fail/`), with the compiler's reasons. They are those of the toolchain the
//! project is checked with; where another one words them otherwise, this test is left out.

#[test]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
