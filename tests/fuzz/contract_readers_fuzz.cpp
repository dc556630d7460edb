#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "contracts/message_readers.hpp"
#include "kernel/base/assert.hpp"

/// The first two bytes choose a message of all contracts, the rest is its JSON: refused with 400, or read, written, and the same when read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto readers = emporion::contracts::message_readers();
  const auto& reader = readers[(data[0] * 256u + data[1]) % readers.size()];
  const auto once = reader.rewritten(std::string_view(reinterpret_cast<const char*>(data) + 2, size - 2));
  if (!once) {
    EMP_ASSERT(once.error().kind() == emporion::ErrorKind::invalid_argument);
    return 0;
  }
  const auto twice = reader.rewritten(*once);
  EMP_ASSERT(twice && *twice == *once);
  return 0;
}

/// With EMP_FUZZ_SEEDS=<folder>, writes a sample of each message there first.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("EMP_FUZZ_SEEDS");
  if (folder == nullptr) return 0;
  std::filesystem::create_directories(folder);
  std::size_t index = 0;
  for (const auto& reader : emporion::contracts::message_readers()) {
    std::ofstream file(std::filesystem::path(folder) / std::string(reader.name), std::ios::binary);
    file << static_cast<char>(index / 256) << static_cast<char>(index % 256) << reader.sample();
    ++index;
  }
  return 0;
}
