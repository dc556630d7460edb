#include "kernel/security/crypto.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernel/base/text.hpp"

namespace emporion::security {
namespace {

template <typename T>
concept Loggable = requires(std::string out, const T& value) { detail::append_text(out, value); };
template <typename T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };
static_assert(Loggable<std::string> && Streamable<std::string>);
static_assert(!Loggable<Secret> && !Streamable<Secret> && !std::is_convertible_v<Secret, std::string_view> && !std::equality_comparable<Secret>);

TEST(Crypto, HashesAsTheStandardsSay) {
  // FIPS 180-2 appendix B.1.
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // RFC 4231, test cases 1 and 2.
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha512("Jefe", "what do ya want for nothing?")),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST(Crypto, ComparesSecretsByValue) {
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_FALSE(constant_time_equal("same", "samE"));
  EXPECT_FALSE(constant_time_equal("same", "same but longer"));
}

TEST(Crypto, EncodesAsRfc4648Says) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
}

TEST(Crypto, DecodesOnlyWhatItWouldWrite) {
  for (const std::string_view text : {"Zg", "Zg=", "Zg===", "Zh==", "Z g=", "Zg==\n", "-_8=", "====", "A"}) EXPECT_FALSE(from_base64(text)) << text;
  for (const std::string_view text : {"Zh", "Zg==", "+/8", "Z", "Zg\n"}) EXPECT_FALSE(from_base64url(text)) << text;
  for (const std::string_view text : {"0", "0g", "é"}) EXPECT_FALSE(from_hex(text)) << text;
}

RC_GTEST_PROP(Crypto, EveryEncodingComesBack, (const std::string& bytes)) {
  RC_ASSERT(from_hex(hex(bytes)).value() == bytes);
  RC_ASSERT(from_base64(base64(bytes)).value() == bytes);
  RC_ASSERT(from_base64url(base64url(bytes)).value() == bytes);
}

TEST(Crypto, MakesTokensAndCodesOfTheWantedLength) {
  SystemRandom random;
  EXPECT_EQ(random_token(random).size(), 43u);
  EXPECT_NE(random_token(random), random_token(random));
  const std::string code = random_code(random, 6);
  EXPECT_EQ(code.size(), 6u);
  EXPECT_EQ(code.find_first_not_of("0123456789"), std::string::npos);
}

class VaultTest : public ::testing::Test {
 protected:
  SystemRandom random;
  Vault vault = *Vault::open_with(Secret(std::string(32, 'k')), "totp");
};

TEST_F(VaultTest, OpensWhatItSealed) {
  const std::string sealed = vault.seal("the secret", "owner 1", random);
  EXPECT_EQ(vault.open(sealed, "owner 1")->reveal(), "the secret");
  EXPECT_NE(sealed, vault.seal("the secret", "owner 1", random)) << "every seal has its own nonce";
  EXPECT_EQ(sealed.find("the secret"), std::string::npos);
  EXPECT_EQ(vault.open(vault.seal("", "", random), "")->reveal(), "");
}

TEST_F(VaultTest, RefusesAnotherOwnerKeyOrPurpose) {
  const std::string sealed = vault.seal("the secret", "owner 1", random);
  EXPECT_EQ(vault.open(sealed, "owner 2").error().reason(), "SEAL_BROKEN");
  EXPECT_FALSE(Vault::open_with(Secret(std::string(32, 'x')), "totp")->open(sealed, "owner 1"));
  EXPECT_FALSE(Vault::open_with(Secret(std::string(32, 'k')), "keys")->open(sealed, "owner 1"));
}

TEST_F(VaultTest, RefusesEveryFlippedBitAndEveryCut) {
  const std::string sealed = vault.seal("the secret", "owner", random);
  for (std::size_t i = 0; i < sealed.size() * 8; ++i) {
    std::string changed = sealed;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(vault.open(changed, "owner")) << "bit " << i;
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) EXPECT_FALSE(vault.open(sealed.substr(0, length), "owner")) << "length " << length;
}

TEST(Vault, RefusesAShortMasterKey) { EXPECT_EQ(Vault::open_with(Secret(std::string(31, 'k')), "totp").error().reason(), "MASTER_KEY_TOO_SHORT"); }

}  // namespace
}  // namespace emporion::security
