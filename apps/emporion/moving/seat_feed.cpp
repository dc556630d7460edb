#include "apps/emporion/moving/seat_feed.hpp"

#include <algorithm>

#include "kernel/base/text.hpp"

namespace emporion::app {

Task<Result<messaging::FeedPage>> SeatFeed::read(messaging::Position after, std::vector<std::string> topics, int count) {
  const auto feed = feed_;  // Kept while it is read.
  if (!feed) co_return fail(ErrorKind::unavailable, "MODULE_SWITCHING", text(producer_, " is changing its place; ask again in a moment"));
  co_return co_await feed->read(after, std::move(topics), count);
}

void SeatFeed::turn_to(std::shared_ptr<messaging::EventFeed> feed) {
  if (feed == feed_) return;
  feed_ = std::move(feed);
  const auto tell = [listeners = listeners_] {
    for (const auto& listener : *listeners) listener();
  };
  if (feed_ && std::ranges::find(heard_, feed_) == heard_.end()) {
    heard_.push_back(feed_);
    feed_->on_hint(tell);
  }
  tell();
}

}  // namespace emporion::app
