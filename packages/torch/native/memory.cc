// A caching CPU allocator and the counts of what is alive.
//
// glibc's default malloc fragments under the allocation pattern of training (resident memory grows without a leak), and
// gives large blocks back to the system at every free, so that each operator's output is paged in anew. Blocks from
// 64 KiB on are therefore kept in free lists by size class and reused; smaller ones go to the system allocator.
#include "binding.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include <c10/core/CPUAllocator.h>

namespace binding {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kSmallest = 64 << 10;
constexpr size_t kHugePage = 2 << 20;
// What is asked for at once beyond this is first compared with the memory that is left.
constexpr size_t kQuestioned = 256 << 20;
constexpr size_t kSlack = 512 << 20;

std::atomic<int64_t> liveTensors{0};

// Eight classes for each doubling: at most 12.5 % of a block is unused.
size_t sizeClass(size_t bytes) {
  size_t step = kSmallest >> 3;
  while ((step << 4) < bytes) step <<= 1;
  return (bytes + step - 1) / step * step;
}

size_t readNumber(const char* path) {
  std::FILE* file = std::fopen(path, "r");
  if (!file) return SIZE_MAX;
  unsigned long long value = 0;
  bool found = std::fscanf(file, "%llu", &value) == 1;
  std::fclose(file);
  return found ? static_cast<size_t>(value) : SIZE_MAX;
}

// What the system says can still be had, and what the control group allows.
size_t availableMemory() {
  size_t available = SIZE_MAX;
  if (std::FILE* file = std::fopen("/proc/meminfo", "r")) {
    char line[256];
    unsigned long long kilobytes = 0;
    while (std::fgets(line, sizeof line, file))
      if (std::sscanf(line, "MemAvailable: %llu kB", &kilobytes) == 1) available = static_cast<size_t>(kilobytes) << 10;
    std::fclose(file);
  }
  size_t limit = readNumber("/sys/fs/cgroup/memory.max");
  size_t used = readNumber("/sys/fs/cgroup/memory.current");
  if (limit != SIZE_MAX && used != SIZE_MAX) available = std::min(available, limit > used ? limit - used : 0);
  return available;
}

class CachingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &nothing, c10::Device(c10::DeviceType::CPU)};
    size_t size = bytes < kSmallest ? bytes : sizeClass(bytes);
    void* data = take(size);
    return {data, data, &giveBack, c10::Device(c10::DeviceType::CPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &giveBack; }

  void copy_data(void* to, const void* from, size_t bytes) const override { std::memcpy(to, from, bytes); }

  int64_t inUse() const { return inUse_.load(); }
  int64_t peak() const { return peak_.load(); }
  int64_t cached() {
    std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<int64_t>(cached_);
  }
  void resetPeak() { peak_.store(inUse_.load()); }

  void trim() {
    std::lock_guard<std::mutex> lock(mutex_);
    releaseCached();
  }

 private:
  // Sits before each block, in a cache line of its own.
  struct alignas(kAlignment) Header {
    size_t size;
  };

  static void nothing(void*) {}
  static void giveBack(void* data);

  void* take(size_t size) {
    if (size >= kSmallest) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (Header* header = reuse(size)) {
        count(header->size);
        return header + 1;
      }
      makeRoom(size);
    }
    Header* header = request(size);
    if (!header)
      throw std::runtime_error("out of memory: " + std::to_string(size >> 20) + " MiB were asked for, " +
                               std::to_string(availableMemory() >> 20) + " MiB are available; use fewer tokens at once or a smaller model");
    header->size = size;
    count(size);
    return header + 1;
  }

  // A kept block of this size class, or of one that is at most a quarter larger.
  Header* reuse(size_t size) {
    auto list = free_.lower_bound(size);
    if (list == free_.end() || list->first > size + size / 4) return nullptr;
    Header* header = list->second.back();
    list->second.pop_back();
    cached_ -= list->first;
    if (list->second.empty()) free_.erase(list);
    return header;
  }

  // Blocks in use and kept ones together stay within what was in use at most, and some slack: when sizes change for
  // good, the largest of the old blocks go.
  void makeRoom(size_t size) {
    size_t limit = static_cast<size_t>(peak_.load()) / 4 * 5 + kSlack;
    while (!free_.empty() && static_cast<size_t>(inUse_.load()) + cached_ + size > limit) {
      auto largest = std::prev(free_.end());
      for (Header* header : largest->second) std::free(header);
      cached_ -= largest->first * largest->second.size();
      free_.erase(largest);
    }
  }

  void count(size_t size) {
    int64_t now = inUse_.fetch_add(static_cast<int64_t>(size)) + static_cast<int64_t>(size);
    int64_t before = peak_.load();
    while (now > before && !peak_.compare_exchange_weak(before, now)) {
    }
  }

  Header* request(size_t size) {
    size_t total = size + sizeof(Header);
    if (total < size) return nullptr;
    if (size >= kQuestioned && total > availableMemory()) {
      trim();
      if (total > availableMemory()) return nullptr;
    }
    void* block = nullptr;
    bool huge = size >= 2 * kHugePage;
    if (posix_memalign(&block, huge ? kHugePage : kAlignment, total) != 0) {
      trim();
      if (posix_memalign(&block, kAlignment, total) != 0) return nullptr;
    }
#ifdef MADV_HUGEPAGE
    if (huge) madvise(block, total & ~(kHugePage - 1), MADV_HUGEPAGE);
#endif
    return static_cast<Header*>(block);
  }

  void put(Header* header) {
    size_t size = header->size;
    inUse_.fetch_sub(static_cast<int64_t>(size));
    if (size < kSmallest) return std::free(header);
    std::lock_guard<std::mutex> lock(mutex_);
    free_[size].push_back(header);
    cached_ += size;
  }

  void releaseCached() {
    for (auto& [size, blocks] : free_)
      for (Header* header : blocks) std::free(header);
    free_.clear();
    cached_ = 0;
  }

  std::mutex mutex_;
  std::map<size_t, std::vector<Header*>> free_;
  size_t cached_ = 0;
  std::atomic<int64_t> inUse_{0};
  std::atomic<int64_t> peak_{0};
};

// Tensors may outlive every environment, so the allocator lives as long as the process.
CachingAllocator& allocator() {
  static auto* instance = new CachingAllocator();
  return *instance;
}

void CachingAllocator::giveBack(void* data) {
  if (data) allocator().put(static_cast<Header*>(data) - 1);
}

napi_value memoryStatistics(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    napi_value result;
    check(env, napi_create_object(env, &result));
    check(env, napi_set_named_property(env, result, "tensors", fromInteger(env, liveTensors.load())));
    check(env, napi_set_named_property(env, result, "bytes", fromInteger(env, allocator().inUse())));
    check(env, napi_set_named_property(env, result, "peakBytes", fromInteger(env, allocator().peak())));
    check(env, napi_set_named_property(env, result, "cachedBytes", fromInteger(env, allocator().cached())));
    return result;
  });
}

napi_value resetPeakMemory(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    allocator().resetPeak();
    return undefined(env);
  });
}

napi_value releaseCachedMemory(napi_env env, napi_callback_info) {
  return guarded(env, [&] {
    allocator().trim();
    return undefined(env);
  });
}

}  // namespace

void countTensor(int delta) { liveTensors.fetch_add(delta); }

void defineMemory(napi_env env, napi_value exports) {
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&allocator(), 100); });
  defineMethods(env, exports, {{"memoryStatistics", memoryStatistics}, {"resetPeakMemory", resetPeakMemory}, {"releaseCachedMemory", releaseCachedMemory}});
}

}  // namespace binding
