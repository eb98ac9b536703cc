"""Care services as IHE mCSD knows them: facilities, organizations, services and health workers, with every version."""
