#include "modules/commerce/payment/domain/bank_statement.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace emporion::payment {
namespace {

TEST(BankStatement, IsReadByTheNamesOfItsColumns) {
  const auto read = parse_bank_statement(
      "Booked_at,Remittance,AMOUNT,currency,balance,bank_txn_id\r\n2026-11-02,\"CK, "
      "\"\"ABC\"\"\",253000,VND,1,FT1\r\n\n2026-11-02T08:00:00+07:00,out,-12.5,USD,1,FT2\n");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_TRUE(read->refused.empty());
  ASSERT_EQ(read->lines.size(), 2u);
  EXPECT_EQ(read->lines[0].remittance, "CK, \"ABC\"");
  EXPECT_EQ(read->lines[0].amount, Money(253'000, Currency::of("VND")));
  EXPECT_EQ(read->lines[0].booked_at, UtcTime::parse("2026-11-02T00:00:00Z").value());
  EXPECT_EQ(read->lines[1].amount, Money(-1'250, Currency::of("USD")));
  EXPECT_EQ(read->lines[1].line, 4);
}

TEST(BankStatement, NamesTheLinesThatCannotBeRead) {
  const auto read = parse_bank_statement(
      "bank_txn_id,amount,currency,remittance,booked_at\nA,1.5,VND,x,\nB,,VND,x,\nC,1,ZZZ,x,\n,1,VND,x,\nD,1\nE,0,VND,x,\nF,1,VND,x,yesterday\nG,+1,VND,x,\nH,"
      "7,VND,x,\nI,1,VND,\"x\n");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->lines.size(), 1u);
  EXPECT_EQ(read->lines[0].bank_txn_id, "H");
  std::string told;
  for (const BadLine& bad : read->refused) told += std::to_string(bad.line) + bad.reason + " ";
  EXPECT_EQ(told,
            "2AMOUNT_INVALID 3AMOUNT_INVALID 4AMOUNT_INVALID 5BANK_TXN_ID_INVALID 6TOO_FEW_FIELDS 7AMOUNT_INVALID 8BOOKED_AT_INVALID 9AMOUNT_INVALID "
            "11UNENDED_QUOTES ");
}

TEST(BankStatement, NamesTheLinesWhoseBytesAreNoText) {
  using namespace std::string_view_literals;
  const auto read =
      parse_bank_statement("bank_txn_id,amount,currency,remittance\nA\xFF,1,VND,x\nB\0,1,VND,x\nC,1,VND,tr\xE0 ti\xE8n\nD,1,VND,x\0\nE,1,VND,tr\u1ea3\n"sv);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->lines.size(), 1u);
  EXPECT_EQ(read->lines[0].bank_txn_id, "E");
  std::string told;
  for (const BadLine& bad : read->refused) told += std::to_string(bad.line) + bad.reason + " ";
  EXPECT_EQ(told, "2BANK_TXN_ID_INVALID 3BANK_TXN_ID_INVALID 4REMITTANCE_INVALID 5REMITTANCE_INVALID ");
}

TEST(BankStatement, WithoutItsHeaderIsRefused) {
  for (const char* text : {"", "FT1,253000,VND,x\n", "bank_txn_id,amount,currency\n"})
    EXPECT_EQ(parse_bank_statement(text).error().reason(), "MALFORMED_STATEMENT") << text;
}

RC_GTEST_PROP(BankStatement, SurvivesAnyText, (std::string text)) { (void)parse_bank_statement("bank_txn_id,amount,currency,remittance\n" + text); }

}  // namespace
}  // namespace emporion::payment
