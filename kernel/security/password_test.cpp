#include "kernel/security/password.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace emporion::security {
namespace {

using ::testing::MatchesRegex;

TEST(PasswordHash, IsArgon2idWithTheStatedCost) {
  const Password password("correct horse battery");
  const auto phc = hash_password(password);
  ASSERT_TRUE(phc);
  // 22 and 43 characters are 16 bytes of salt and 32 of tag.
  EXPECT_THAT(*phc, MatchesRegex(R"(\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43})"));
  EXPECT_NE(*phc, *hash_password(password)) << "every hash has its own salt";
  EXPECT_TRUE(verify_password(*phc, password));
  EXPECT_FALSE(verify_password(*phc, Password("correct horse batterx")));
  EXPECT_FALSE(verify_password(*phc, Password("")));
}

TEST(PasswordHash, CountsTheWholePassword) {
  const std::string base(128, 'a');
  const auto phc = hash_password(Password(base + "1"), {.memory_kib = 64, .passes = 1});
  EXPECT_TRUE(verify_password(*phc, Password(base + "1")));
  EXPECT_FALSE(verify_password(*phc, Password(base + "2")));
  EXPECT_EQ(Password("h\xC3\xA9llo").code_points(), 5u);
}

TEST(PasswordHash, IsBoundToItsPepper) {
  const Secret pepper(std::string(32, 'p'));
  const Secret other(std::string(32, 'q'));
  const auto phc = hash_password(Password("secret"), {.memory_kib = 64, .passes = 1}, &pepper);
  EXPECT_TRUE(verify_password(*phc, Password("secret"), &pepper));
  EXPECT_FALSE(verify_password(*phc, Password("secret"), &other));
  EXPECT_FALSE(verify_password(*phc, Password("secret")));
}

TEST(PasswordHash, KnowsWhatIsTooWeak) {
  const auto phc = hash_password(Password("secret"), {.memory_kib = 64, .passes = 2});
  EXPECT_TRUE(needs_rehash(*phc));
  EXPECT_FALSE(needs_rehash(*phc, {.memory_kib = 64, .passes = 2}));
  EXPECT_FALSE(needs_rehash(*phc, {.memory_kib = 32, .passes = 1})) << "stronger than asked for is good enough";
  EXPECT_TRUE(needs_rehash(*phc, {.memory_kib = 64, .passes = 3}));
  EXPECT_TRUE(needs_rehash("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}

TEST(PasswordHash, VerifiesImportedBcrypt) {
  // Source: test vectors of crypt_blowfish (Openwall wrapper.c).
  constexpr std::string_view phc = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  EXPECT_TRUE(verify_password(phc, Password("U*U")));
  EXPECT_FALSE(verify_password(phc, Password("U*V")));
}

TEST(PasswordHash, AnswersFalseToWhatIsNoHash) {
  for (const std::string_view phc :
       {"", "secret", "$argon2id$v=19$", "$argon2id$v=19$m=19456,t=2,p=1$!!!$???", "$argon2id$v=19$m=99999999,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA",
        "$argon2id$v=19$m=64,t=4000000,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA", "$1$salt$hash", "$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}) {
    EXPECT_FALSE(verify_password(phc, Password("secret"))) << phc;
  }
}

}  // namespace
}  // namespace emporion::security
