"""All SQL of the product: functions of an `AsyncSession`. The caller owns the transaction."""
