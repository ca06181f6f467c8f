//! What must not compile, with the compiler's reasons. They are those of the toolchain the project is checked with
//! (`.ci/run`); where another one words them otherwise, this test is left out.

#[test]
#[ignore = "compares the compiler's words: cargo test --test compile_fail -- --ignored"]
fn misuse_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
