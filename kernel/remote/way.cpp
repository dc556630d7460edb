#include "kernel/remote/way.hpp"

#include <charconv>
#include <utility>

#include "kernel/base/text.hpp"
#include "kernel/json/value.hpp"
#include "kernel/json/writer.hpp"
#include "kernel/observe/log.hpp"

namespace emporion::remote {
namespace {

constexpr int hops_max = 4;
constexpr milliseconds ask_again{10};

struct Moved {
  std::vector<std::string> addresses;
  std::int64_t epoch = 0;
};

std::optional<Moved> moved_to(const Error& error) {
  if (error.reason() != "MODULE_MOVED") return std::nullopt;
  Moved out;
  const auto addresses = json::Document::parse(error.metadata_json("addresses"));
  if (!addresses) return std::nullopt;
  addresses->root().for_each_element([&](json::Value value) {
    if (const auto address = value.string()) out.addresses.emplace_back(*address);
    return true;
  });
  const auto epoch = error.metadata_json("epoch");
  const auto [end, problem] = std::from_chars(epoch.data(), epoch.data() + epoch.size(), out.epoch);
  if (problem != std::errc() || out.addresses.empty()) return std::nullopt;
  return out;
}

class FollowingClient final : public Way {
 public:
  FollowingClient(Runtime& runtime, ClientOptions options) : runtime_(runtime), options_(std::move(options)) {
    if (!options_.addresses.empty()) client_ = connect(runtime_, options_);
  }

  Task<Result<std::string>> call(const rpc::Operation& operation, std::string_view path, CallContext context, std::string request) override {
    for (int hops = 0;;) {
      const auto client = client_;
      if (!client) co_return fail(nowhere());
      auto answer = co_await client->call(operation, path, context, request);
      if (answer) co_return answer;
      const auto there = moved_to(answer.error());
      if (!there) co_return answer;
      if (there->epoch > epoch_) {
        if (++hops > hops_max) co_return answer;
        point_to(there->addresses, there->epoch);
      } else if (client == client_) {
        // It has not heard of the move yet that we know of: soon it will.
        if (closed_ || clock_.now() + ask_again >= context.deadline) co_return answer;
        co_await runtime_.sleep_for(ask_again);
      }
    }
  }

  Task<Result<>> wait_until_serving(UtcTime deadline) override {
    const auto client = client_;
    if (!client) co_return fail(nowhere());
    co_return co_await client->wait_until_serving(deadline);
  }

  Task<void> close() override {
    closed_ = true;
    if (client_) left_.push_back(std::exchange(client_, nullptr));
    for (const auto& client : left_) co_await client->close();
  }

  void point_to(std::vector<std::string> addresses, std::int64_t epoch) override {
    if (closed_ || (client_ && epoch <= epoch_)) return;
    epoch_ = epoch;
    if (client_ && addresses == options_.addresses) return;
    observe::info("a module is reached at another place", {{"module", options_.module}, {"address", addresses.front()}, {"move", std::to_string(epoch)}});
    options_.addresses = std::move(addresses);
    // What is under way there ends there; the client is closed with this one.
    if (client_) left_.push_back(std::move(client_));
    client_ = connect(runtime_, options_);
  }

  void use(Credentials credentials) override { options_.credentials = std::move(credentials); }

 private:
  Error nowhere() const { return {ErrorKind::unavailable, "CALLEE_UNREACHABLE", text("it is not known where ", options_.module, " serves")}; }

  Runtime& runtime_;
  SystemClock clock_;
  ClientOptions options_;
  std::int64_t epoch_ = 0;
  std::shared_ptr<Client> client_;
  std::vector<std::shared_ptr<Client>> left_;
  bool closed_ = false;
};

}  // namespace

Error moved(const std::string& module, const std::vector<std::string>& addresses, std::int64_t epoch) {
  std::string list;
  json::Writer writer(list);
  writer.begin_array();
  for (const auto& address : addresses) writer.string(address);
  writer.end_array();
  return Error(ErrorKind::unavailable, "MODULE_MOVED", text(module, " serves at ", addresses.empty() ? "another place" : addresses.front()))
      .with_json("addresses", std::move(list))
      .with("epoch", epoch);
}

std::shared_ptr<Way> follow(Runtime& runtime, ClientOptions options) { return std::make_shared<FollowingClient>(runtime, std::move(options)); }

}  // namespace emporion::remote
