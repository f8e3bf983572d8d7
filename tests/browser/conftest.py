from tests.linking.test_browser import chromium

__all__ = ["chromium"]
