"""Scrapy's settings: what a crawler that meets the open web needs from the first day.

The limits against a hostile web were each tried; docs/internals/choices.md says how.
"""

from importlib.metadata import version

from news.configuration import read

_configuration = read()

BOT_NAME = "broadsheet"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
#: the first word is the product token that outlets name in robots.txt (RFC 9309, 2.2.1)
USER_AGENT = f"Broadsheet/{version('broadsheet')}" + (f" (+{_configuration.contact})" if _configuration.contact else "")
DEFAULT_REQUEST_HEADERS = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

# the steps behind the crawler
ITEM_PIPELINES = {
    "pipelines.item_pipelines.ArchivePipeline": 50,
    "pipelines.item_pipelines.DigestPipeline": 100,
    "pipelines.item_pipelines.RecordPipeline": 200,
    "crawler.body_links.BodyLinks": 300,
}
DOWNLOADER_MIDDLEWARES = {
    "crawler.middlewares.Bounds": 50,
    "crawler.outlet_headers.OutletHeaders": 75,
    "crawler.middlewares.Robots": 100,
    "crawler.pace.Pace": 150,
    # behind what unpacks an answer (590), and before whoever asked for it
    "crawler.refresh.Refresh": 580,
    # hears an answer before its redirect is followed (600)
    "crawler.visit_cookies.VisitCookies": 650,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.stats.DownloaderStats": None,
}
EXTENSIONS = {
    "scrapy.extensions.throttle.AutoThrottle": None,
    "crawler.pace.Throttle": 0,
    # it fails, with a traceback, at a crawl that ends before it was opened: one that PostgreSQL did not let begin
    "scrapy.extensions.corestats.CoreStats": None,
    # what each slice would make, and each request pass, for nothing: counts that nobody reads, feeds and states of
    # spiders that there are none of, a watch over memory for each crawl of a process that runs many
    "scrapy.extensions.logcount.LogCount": None,
    "scrapy.extensions.memusage.MemoryUsage": None,
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.spiderstate.SpiderState": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.closespider.CloseSpider": None,
    "scrapy.extensions.memdebug.MemoryDebugger": None,
}
#: a spider hands over one request or item at a time, and no links; no login is Scrapy's (crawler.outlet_headers)
SPIDER_MIDDLEWARES = {
    f"scrapy.spidermiddlewares.{name}": None
    for name in (
        "start.StartSpiderMiddleware",
        "httperror.HttpErrorMiddleware",
        "urllength.UrlLengthMiddleware",
        "depth.DepthMiddleware",
        "metacopy.MetaCopyDetectionMiddleware",
    )
}
STATS_CLASS = "scrapy.statscollectors.DummyStatsCollector"

# politeness
ROBOTSTXT_OBEY = True  # read by crawler.middlewares.Robots
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.0  # an outlet's own delay is the least
AUTOTHROTTLE_TARGET_CONCURRENCY = 1.0
DOWNLOAD_DELAY_JITTER = 0.0  # a delay is a promise: none is cut short
CONCURRENT_REQUESTS_PER_DOMAIN = 1

# a hostile web
DOWNLOAD_HANDLERS = {
    "http": "crawler.download.BoundedHandler",
    "https": "crawler.download.BoundedHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.resolver.PublicResolver"
BROADSHEET_ALLOW_LOOPBACK = _configuration.allow_loopback
HTTPPROXY_ENABLED = False  # a proxy would resolve names for us, unchecked; crawler.outlet_headers sets an outlet's own
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_MAXSIZE = 10 * 2**20
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 20
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # it would parse the page in the event loop; crawler.refresh does it in the pool
URLLENGTH_LIMIT = 0  # it would drop a request without a word; crawler.middlewares.Bounds says why
COOKIES_ENABLED = False  # a reader's session is none of ours; crawler.visit_cookies keeps a visit's
DNS_TIMEOUT = 10
DNSCACHE_ENABLED = False  # it never forgets: a daemon would dial for ever the address that a site once had

# the ledger keeps retries, refusals and what was seen
RETRY_ENABLED = False
HTTPERROR_ALLOW_ALL = True
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
REFERRER_POLICY = "no-referrer"

# many crawls share one process: each holds at most this many bytes of pages that wait for the pool
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 100_000
CONCURRENT_REQUESTS = 2
CONCURRENT_ITEMS = 1  # an answer gives one item; for each, Scrapy would make a hundred tasks that wait for others
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
LOG_LEVEL = "WARNING"
LOGSTATS_INTERVAL = 0
LOG_VERSIONS: list[str] = []
